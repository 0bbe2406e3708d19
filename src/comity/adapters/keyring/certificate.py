"""The node's own TLS certificate: self-signed, because partners pin it instead of trusting an authority."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from comity.domain.terms import Instant, NodeName, seconds
from comity.errors import Misconfigured

CERTIFICATE_DAYS = 825
_CLOCK_SKEW = timedelta(days=1)
_COMMON_NAME_MAX = 64  # RFC 5280, upper bound of X.520; the full name stands in subjectAltName


def fresh_private_key() -> bytes:
    """PEM (PKCS#8) of a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def self_signed(name: NodeName, private_pem: bytes, now: Instant) -> bytes:
    """PEM of a certificate for server and client use that can't issue others."""
    key = _private_key(private_pem)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_MAX])])
    start = datetime.fromtimestamp(seconds(now), UTC) - _CLOCK_SKEW
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        # Two certificates of one name may be trusted side by side while one replaces the other: the ids tell them apart.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def read_certificate(pem: bytes, private_pem: bytes) -> tuple[NodeName, bytes]:
    """Name and DER of a certificate; Misconfigured when it doesn't belong to the private key."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound) as fault:
        raise Misconfigured("certificate-unreadable") from fault
    if certificate.public_key() != _private_key(private_pem).public_key():
        raise Misconfigured("certificate-of-another-key")
    name, *_ = names.get_values_for_type(x509.DNSName)
    return NodeName(name), certificate.public_bytes(serialization.Encoding.DER)


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        # Without cause: what a parser says about a secret doesn't go into a log.
        raise Misconfigured("certificate-key-unreadable") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Misconfigured("certificate-key-unreadable")
    return key
