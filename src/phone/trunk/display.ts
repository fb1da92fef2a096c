/** What the called see. Pure. Only numbers that are ours to show leave (fault row H5); anything else becomes the trunk's own. */
import type { TrunkConfiguration } from '../../tenants/trunk.ts';

export interface DisplayWish {
  /** Why the call is made: `service`, `sales` … */
  purpose: string;
  /** The number somebody would like shown, as normalised; null = none in particular. */
  number: string | null;
}

export interface DisplaySource {
  trunk: Pick<TrunkConfiguration, 'displayNumbers' | 'verifiedNumbers'>;
  /** Dialled numbers of the tenant: hers to show anywhere. */
  tenantNumbers: readonly string[];
  /** What the tenant shows by purpose, over trunks that have nothing of their own. */
  outboundNumbers?: Readonly<Record<string, string>>;
}

/** null = nothing of ours can be shown: the call goes out as anonymous. */
export function displayNumber({ purpose, number }: DisplayWish, { trunk, tenantNumbers, outboundNumbers = {} }: DisplaySource): string | null {
  const { displayNumbers, verifiedNumbers } = trunk;
  const usual = namedIn(displayNumbers, purpose) ?? namedIn(outboundNumbers, purpose) ?? tenantNumbers[0] ?? null;
  if (number === null) return usual;
  const ours = [...Object.values(displayNumbers), ...verifiedNumbers, ...tenantNumbers, ...Object.values(outboundNumbers)];
  return ours.includes(number) ? number : usual;
}

function namedIn(numbers: Readonly<Record<string, string>>, purpose: string): string | undefined {
  const of = (name: string): string | undefined => (Object.hasOwn(numbers, name) ? numbers[name] : undefined);
  return of(purpose) ?? of('default');
}
