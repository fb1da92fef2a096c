/** The parts of a peer's certificate that say who it is, as Node gives them. */
export interface CertificateNames {
  /** `DNS:a.example, URI:sip:example.com, IP Address:192.0.2.1` */
  readonly subjectaltname?: string | undefined;
  readonly subject?: { readonly CN?: string | string[] | undefined } | undefined;
}

/**
 * Whether a certificate is for that SIP domain or address. RFC 5922 §7.1: the SIP URIs among its subjectAltNames are its identities; without any,
 * its DNS names; only without subjectAltNames at all, its common name. §7.2: no wildcards ("example.com" is not served by "*.example.com").
 */
export function isFor(host: string, certificate: CertificateNames): boolean {
  const wanted = host.toLowerCase();
  const alternatives = certificate.subjectaltname ?? '';
  if (alternatives === '') return [certificate.subject?.CN ?? []].flat().some((name) => name.toLowerCase() === wanted);
  const values = (kind: string): string[] =>
    splitNames(alternatives).flatMap((each) => (each.startsWith(`${kind}:`) ? [each.slice(kind.length + 1).toLowerCase()] : []));
  if (values('IP Address').some((address) => canonical(address) === canonical(wanted))) return true;
  const uris = values('URI').flatMap((uri) => /^sip:([^@;?]+)$/.exec(uri)?.[1] ?? []);
  return (uris.length > 0 ? uris : values('DNS')).includes(wanted);
}

/** Node quotes what could be mistaken for its own commas as a JSON string. */
function splitNames(text: string): string[] {
  return (text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((part) => {
    const trimmed = part.trim();
    const quote = trimmed.indexOf('"');
    if (quote < 0) return trimmed;
    try {
      return trimmed.slice(0, quote) + String(JSON.parse(trimmed.slice(quote)));
    } catch {
      return '';
    }
  });
}

/** `0:0:0:0:0:0:0:1` and `::1` are the same address. */
function canonical(address: string): string {
  if (!address.includes(':')) return address;
  return URL.canParse(`http://[${address}]`) ? new URL(`http://[${address}]`).hostname : address;
}
