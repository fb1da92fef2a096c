/** Which hosts in a SIP URI mean this house: `8001@` another company's name is none of our agents. Pure. */
import type { Directory } from '../tenants/directory.ts';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%]+\])$/i;

/**
 * With SIP_DOMAINS: those names, the domains under which tenants' phones register, `localhost`, and every address (a phone may know us by one that its router made up). Without:
 * every host. '' is that of a tel URI.
 */
export function ourHosts(domains: ReadonlySet<string>, { tenants }: Pick<Directory, 'tenants'>): (host: string) => boolean {
  if (domains.size === 0) return () => true;
  return (host) => {
    const name = host.toLowerCase();
    if (name === '' || name === 'localhost' || ADDRESS.test(name) || domains.has(name)) return true;
    return tenants().some(({ sipDomains }) => sipDomains.some((domain) => domain.toLowerCase() === name));
  };
}

/** Domains of tenants that SIP_DOMAINS lacks: our SIP server refuses the phones that register under them. */
export const unnamedDomains = (domains: ReadonlySet<string>, { tenants }: Pick<Directory, 'tenants'>): string[] =>
  domains.size === 0 ? [] : tenants().flatMap(({ sipDomains }) => sipDomains.filter((domain) => !domains.has(domain.toLowerCase())));
