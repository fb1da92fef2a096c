import { isIPv4 } from 'node:net';

/** An address that means the machine itself. */
export const isLoopback = (address: string): boolean => address === '::1' || address === 'localhost' || (isIPv4(address) && address.startsWith('127.'));
