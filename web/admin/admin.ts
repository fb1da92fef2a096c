/** Who is signed in at this console, and what its pages ask of the server. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { get, Problem, problemOf } from '../shared/api.ts';

export interface Me {
  userId: string;
  tenantId: string;
  username: string;
  name: string;
  /** Action → how far it reaches; what is missing she may not. */
  may: Record<string, string>;
}

export interface Admin {
  token: string;
  me: Me;
  /** She may change nothing here. */
  isReader: boolean;
  /** The token is void. */
  onExpired(): void;
  /** Says what was done, where it is seen and heard. */
  tell(sentence: string): void;
}

const Context = createContext<Admin | null>(null);
export const AdminProvider = Context.Provider;

export function useAdmin(): Admin {
  const admin = useContext(Context);
  if (admin === null) throw new Error('outside of the console');
  return admin;
}

const PAGE = 200;
/** 20,000 of anything: beyond that a list is not read by a person. */
const MOST_PAGES = 100;

/** Everything a list has, page after page. */
export async function getAll<T>(token: string, path: string): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) });
    const got: { items: T[]; nextCursor: string | null } = await get(token, `${path}?${query}`);
    all.push(...got.items);
    cursor = got.nextCursor;
    if (cursor === null) break;
  }
  return all;
}

export function useAll<T>(path: string) {
  const { token } = useAdmin();
  return useQuery({ queryKey: [path], queryFn: () => getAll<T>(token, path) });
}

export function useOne<T>(path: string, everyMs?: number) {
  const { token } = useAdmin();
  return useQuery({ queryKey: [path], queryFn: () => get<T>(token, path), ...(everyMs === undefined ? {} : { refetchInterval: everyMs }) });
}

/** Has lists read again that a change has touched. */
export function useRefresh(): (...paths: string[]) => Promise<void> {
  const client = useQueryClient();
  return async (...paths) => {
    await Promise.all(paths.map((path) => client.invalidateQueries({ queryKey: [path] })));
  };
}

const SOUND_TIMEOUT_MS = 60_000;

async function send(token: string, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  const response = await fetch(path, { ...init, headers, signal: AbortSignal.timeout(SOUND_TIMEOUT_MS) }).catch(() => {
    throw new Problem('offline', 0, '');
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** What is not JSON: sounds. */
export const fetchBlob = async (token: string, path: string): Promise<Blob> => (await send(token, path, {})).blob();

export async function putBlob(token: string, path: string, blob: Blob): Promise<void> {
  await send(token, path, { method: 'PUT', headers: { 'content-type': blob.type }, body: blob });
}
