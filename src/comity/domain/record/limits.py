"""How large a record and its parts may be; everything beyond is refused before it is looked at.

| what                                        | at most                        | why there                                        |
|---------------------------------------------|--------------------------------|--------------------------------------------------|
| envelope                                    | 1 MiB                          | files travel by SHA-256 and size                 |
| fields of one record                        | 1 MiB, 256 fields              | whole arrays and objects are sealed as one value |
| pointer of a field                          | 256 bytes                      | it names a place, it carries no value            |
| one string in a record                      | 256 Ki characters              | a long narrative has its place, a file has not   |
| depth of objects and arrays                 | 32, the envelope being 1       | no kind needs 10                                 |
| integers                                    | from -2^53 to 2^53             | what every JSON reader keeps exactly             |
| references in `about`                       | 1,024                          | one letter may answer a batch                    |
| one entry of a bundle                       | its envelope, fields and order | the sum of the lines above                       |
"""

from __future__ import annotations

from typing import Final

ENVELOPE_BYTES_MAX: Final = 1 << 20
FIELDS_BYTES_MAX: Final = 1 << 20
FIELDS_MAX: Final = 256
POINTER_BYTES_MAX: Final = 256
STRING_CHARS_MAX: Final = 1 << 18
DEPTH_MAX: Final = 32
INTEGER_MAX: Final = 1 << 53
ABOUT_MAX: Final = 1024
ORIGIN_BYTES_MAX: Final = 255
SALT_BYTES: Final = 32
PAYLOAD_BYTES_MAX: Final = ENVELOPE_BYTES_MAX + FIELDS_BYTES_MAX + SALT_BYTES + ORIGIN_BYTES_MAX + 64
