/** The protection profiles we speak, by the names of SDES (RFC 4568, RFC 7714) and the numbers of DTLS (RFC 5764 §4.1.2, RFC 7714 §14.2), best first. */
export type SuiteName = 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

export interface Suite {
  name: SuiteName;
  profile: number;
  saltBytes: number;
  /** Authentication tag of RTP, and of RTCP, which keeps its long one whatever RTP has (RFC 5764). */
  rtpTagBytes: number;
  rtcpTagBytes: number;
  aead: boolean;
}

export const KEY_BYTES = 16;

export const SUITES: readonly Suite[] = [
  { name: 'AEAD_AES_128_GCM', profile: 0x0007, saltBytes: 12, rtpTagBytes: 16, rtcpTagBytes: 16, aead: true },
  { name: 'AES_CM_128_HMAC_SHA1_80', profile: 0x0001, saltBytes: 14, rtpTagBytes: 10, rtcpTagBytes: 10, aead: false },
  { name: 'AES_CM_128_HMAC_SHA1_32', profile: 0x0002, saltBytes: 14, rtpTagBytes: 4, rtcpTagBytes: 10, aead: false },
];

export const suiteNamed = (name: string): Suite | undefined => SUITES.find((suite) => suite.name === name);

/** One direction's master key and salt. */
export interface MasterKey {
  suite: SuiteName;
  key: Uint8Array;
  salt: Uint8Array;
}
