/** Where a phone or a site stands, for those who come to help. Pure data; written for a trunk in `phone/trunk/location.ts`. */
export interface Location {
  /** As a person would say it to an ambulance: street, building, floor, room. */
  address: string;
  /** WGS 84; null = not known. */
  latitude: number | null;
  longitude: number | null;
  /** What a carrier has agreed to be told of the line (RFC 7315 P-Access-Network-Info), such as `IEEE-802.3; eth-location="5-1203"`. */
  accessNetwork: string | null;
}
