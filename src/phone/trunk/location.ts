/**
 * Where an emergency call comes from, as a trunk wants to be told: a PIDF-LO by value beside the session description (RFC 6442 §4.1, RFC 4119,
 * RFC 5139), or the line as the carrier knows it. Pure.
 */
import type { Location } from '../../call/location.ts';
import type { TrunkSettings } from '../../tenants/trunk.ts';
import type { SipHeaders } from '../srf.ts';
import { escapeXml } from '../subscription/dialog-info.ts';

export interface Located {
  headers: SipHeaders;
  /** The body of the INVITE with this session description. */
  body(sdp: string): string;
}

const BOUNDARY = 'huawu-location';
const CONTENT_ID = 'location@huawu';

const PLAIN: Located = { headers: {}, body: (sdp) => sdp };

/** `at`: ms since 1970, when the place was looked up. */
export function located(location: Location | null, by: TrunkSettings['locationBy'], at: number): Located {
  if (location === null || by === 'none') return PLAIN;
  if (by === 'access_network') return location.accessNetwork === null ? PLAIN : { ...PLAIN, headers: { 'P-Access-Network-Info': location.accessNetwork } };
  const headers = {
    Geolocation: `<cid:${CONTENT_ID}>`,
    // RFC 6442 §4.2: without it the call may not be routed by where it comes from.
    'Geolocation-Routing': 'yes',
    'MIME-Version': '1.0',
    'Content-Type': `multipart/mixed;boundary=${BOUNDARY}`,
  };
  return { headers, body: (sdp) => multipart(sdp, pidf(location, at)) };
}

function multipart(sdp: string, place: string): string {
  const parts = [
    ['Content-Type: application/sdp', '', sdp],
    ['Content-Type: application/pidf+xml', `Content-ID: <${CONTENT_ID}>`, '', place],
  ];
  return `${parts.map((lines) => `--${BOUNDARY}\r\n${lines.join('\r\n')}\r\n`).join('')}--${BOUNDARY}--\r\n`;
}

function pidf({ address, latitude, longitude }: Location, at: number): string {
  const point =
    latitude === null || longitude === null
      ? ''
      : `<gml:Point xmlns:gml="http://www.opengis.net/gml" srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>${latitude} ${longitude}</gml:pos></gml:Point>`;
  const civic = `<ca:civicAddress xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" xml:lang="zh"><ca:country>CN</ca:country><ca:LOC>${escapeXml(address)}</ca:LOC></ca:civicAddress>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" entity="pres:anonymous@anonymous.invalid">',
    `<tuple id="phone"><status><gp:geopriv><gp:location-info>${point}${civic}</gp:location-info>`,
    '<gp:usage-rules/><gp:method>Manual</gp:method></gp:geopriv></status>',
    `<timestamp>${new Date(at).toISOString()}</timestamp></tuple></presence>`,
  ].join('\r\n');
}
