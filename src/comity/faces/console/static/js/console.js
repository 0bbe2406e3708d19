// What the console's pages do beyond links and forms. Every page works without it.
import { drafts } from "./drafts.js";
import { keyboard } from "./keyboard.js";
import { leaving } from "./leaving.js";
import { live } from "./live.js";
import { palette } from "./palette.js";
import { invitation, passkey, signing } from "./passkey.js";
import { clocks, details, focusFirst, posted, selects } from "./small.js";

focusFirst();
selects();
details();
posted();
clocks();
palette();
keyboard();
drafts();
leaving();
live();
passkey();
signing();
invitation();
