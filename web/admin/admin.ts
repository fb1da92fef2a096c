/** Who is signed in at this console, and what its pages ask of the server. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { get } from '../shared/api.ts';

export interface Me {
  userId: string;
  tenantId: string;
  username: string;
  name: string;
  role: 'agent' | 'supervisor' | 'admin';
}

export interface Admin {
  token: string;
  me: Me;
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
