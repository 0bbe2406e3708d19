"""What people of this node do about themselves and each other: accounts, coming in, passkeys, recovery."""
