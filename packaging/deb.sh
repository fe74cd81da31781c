#!/usr/bin/env bash
# Makes a Debian package of a built tenantry, with its man pages and completions: packaging/deb.sh BINARY [FOLDER]
#
# The same binary gives the same package, byte for byte. COMPRESSION is dpkg-deb's: xz unless it says otherwise.
set -euo pipefail

binary=$(realpath "${1:?name the binary, such as target/release/tenantry}")
folder=$(realpath "${2:-.}")
here=$(cd "$(dirname "$0")/.." && pwd)
for tool in dpkg-deb dpkg objdump gzip; do
    command -v "$tool" > /dev/null || { echo "missing: $tool (apt-get install dpkg binutils gzip)" >&2; exit 1; }
done

version=$("$binary" --version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
# The newest glibc that the binary asks for: older systems refuse the package instead of failing at the first start.
glibc=$(objdump -T "$binary" | grep -oE 'GLIBC_[0-9.]+' | sort -Vu | tail -n 1 | cut -d_ -f2)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

install -D -m 755 "$binary" "$root/usr/bin/tenantry"
mkdir -p "$root/usr/share/man/man1" "$root/usr/share/doc/tenantry" "$root/DEBIAN"
"$binary" man --out "$root/usr/share/man/man1" > /dev/null
gzip -9n "$root"/usr/share/man/man1/*.1
gzip -9nc "$here/CHANGELOG.md" > "$root/usr/share/doc/tenantry/changelog.gz"
completion() {
    mkdir -p "$root/$2"
    "$binary" completions "$1" > "$root/$2/$3"
}
completion bash usr/share/bash-completion/completions tenantry
completion zsh usr/share/zsh/vendor-completions _tenantry
completion fish usr/share/fish/vendor_completions.d tenantry.fish
cat > "$root/usr/share/doc/tenantry/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tenantry

Files: *
License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in /usr/share/common-licenses/Apache-2.0.
END
find "$root" -type d -exec chmod 755 {} +
find "$root/usr/share" -type f -exec chmod 644 {} +
cat > "$root/DEBIAN/control" <<END
Package: tenantry
Version: $version
Architecture: $architecture
Maintainer: tenantry maintainers <maintainers@tenantry.invalid>
Section: admin
Priority: optional
Depends: libc6 (>= $glibc), libgcc-s1, ca-certificates
Installed-Size: $(du -k -s "$root/usr" | cut -f1)
Description: multi-tenant agent platforms on Amazon Bedrock AgentCore from one file
 Reads one manifest of tiers and tenants, shows what differs from what is live in AWS, and makes it so.
 Ships with an AWS of its own to try everything without an account.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package="$folder/tenantry_${version}_$architecture.deb"
dpkg-deb --root-owner-group "-Z${COMPRESSION:-xz}" --build "$root" "$package" > /dev/null
echo "$package"
