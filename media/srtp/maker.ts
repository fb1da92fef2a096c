/** Which implementation of SRTP's transforms is used. */
export { plainCipher as makeCipher } from './plain-cipher.ts';
