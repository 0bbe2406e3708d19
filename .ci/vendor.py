"""Takes what browsers get from us out of npm packages, and writes down what it is: run by hand, when a version is to change.

    python3 .ci/vendor.py

Into src/comity/faces/console/static/vendor/: scripts, fonts, their licences, `fonts.css` and `vendor.toml`. npm reads its own
settings (mirror, certificates). A test recomputes every hash, so that nothing there can change without this file's list.
Standard library only.
"""

# It speaks to the person who runs it.
# ruff: noqa: T201, S603, S607

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
VENDOR = HERE / "src" / "comity" / "faces" / "console" / "static" / "vendor"

# package, version, licence, {file in the package: file here}
SCRIPTS = (
    (
        "htmx.org",
        "4.0.1",
        "0BSD",
        {
            "dist/htmx.min.js": "htmx.min.js",
            "dist/ext/hx-sse.min.js": "hx-sse.min.js",
            "LICENSE": "htmx.LICENSE.txt",
        },
    ),
)
# package, version, family as our stylesheet calls it, subsets to take (None: every numbered part)
FONTS = (
    ("@fontsource-variable/noto-sans", "5.3.0", "Noto Sans", ("latin", "latin-ext", "vietnamese")),
    ("@fontsource-variable/noto-sans-khmer", "5.3.0", "Noto Sans Khmer", ("khmer",)),
    ("@fontsource-variable/noto-sans-kr", "5.3.1", "Noto Sans KR", None),
    ("@fontsource-variable/noto-sans-sc", "5.3.1", "Noto Sans SC", None),
)
FACE = re.compile(r"/\* (?P<name>[\w-]+?)-\[?(?P<part>[a-z-]+|\d+)\]?-wght-normal \*/\s*@font-face \{(?P<body>[^}]*)\}")
RANGE = re.compile(r"unicode-range: ([^;]+);")


def unpacked(package: str, version: str, into: Path) -> Path:
    """The package's folder."""
    run = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"], cwd=into, check=True, capture_output=True, text=True
    )
    folder = into / package.replace("/", "-").lstrip("@")
    with tarfile.open(into / run.stdout.strip().splitlines()[-1]) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"


def taken(source: Path, name: str, package: str, version: str, licence: str, member: str) -> str:
    """Copies one file and returns its entry."""
    raw = source.read_bytes()
    if name.endswith(".js"):  # a map isn't shipped, so nothing may ask for one
        raw = re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", raw)
    (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
    (VENDOR / name).write_bytes(raw)
    return (
        "[[file]]\n"
        f'name = "{package}"\nversion = "{version}"\nfile = "{name}"\nsource = "{member}"\n'
        f'licence = "{licence}"\nbytes = {len(raw)}\nsha256 = "{hashlib.sha256(raw).hexdigest()}"\n'
    )


def face(family: str, name: str, unicode_range: str) -> str:
    return (
        f'@font-face{{font-family:"{family}";font-style:normal;font-weight:100 900;font-display:swap;'
        f'src:url("{name}") format("woff2");unicode-range:{unicode_range}}}\n'
    )


def main() -> int:
    entries: list[str] = []
    faces: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        shutil.rmtree(VENDOR, ignore_errors=True)
        for package, version, licence, files in SCRIPTS:
            folder = unpacked(package, version, Path(scratch))
            for member, name in files.items():
                entries.append(taken(folder / member, name, package, version, licence, member))
        for package, version, family, subsets in FONTS:
            folder = unpacked(package, version, Path(scratch))
            short = package.rpartition("/")[2]
            licence_name = f"fonts/{short}.OFL.txt"
            entries.append(taken(folder / "LICENSE", licence_name, package, version, "OFL-1.1", "LICENSE"))
            for found in FACE.finditer((folder / "index.css").read_text()):
                # In the numbered packages the named parts are Latin again, which our Latin font has already.
                if not (found["part"].isdigit() if subsets is None else found["part"] in subsets):
                    continue
                member = f"files/{found['name']}-{found['part']}-wght-normal.woff2"
                name = f"fonts/{short}-{found['part']}.woff2"
                entries.append(taken(folder / member, name, package, version, "OFL-1.1", member))
                faces.append(face(family, name, RANGE.findall(found["body"])[0]))
    (VENDOR / "fonts.css").write_text(
        "/* Written by .ci/vendor.py: each part is fetched only where its letters occur. */\n" + "".join(faces)
    )
    (VENDOR / "vendor.toml").write_text(
        "# Written by .ci/vendor.py. Every file here that others made, and what it was when it was taken.\n\n"
        + "\n".join(entries)
    )
    print(f"vendor: {len(entries)} files, {sum(f.stat().st_size for f in VENDOR.rglob('*') if f.is_file())} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
