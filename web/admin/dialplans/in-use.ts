/** Flows of the dialplan in use. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../../shared/api.ts';
import { useAdmin, useOne } from '../admin.ts';
import type { Files, Version } from './dialplan.ts';
import { flowGraph } from './flow-graph.ts';

export function useCurrentFiles() {
  const { token } = useAdmin();
  const versions = useOne<{ items: Version[] }>('/api/v1/dialplans');
  const current = versions.data?.items.find((version) => version.current)?.version;
  return useQuery({
    queryKey: ['dialplan files', current],
    enabled: versions.data !== undefined,
    queryFn: async (): Promise<Files> =>
      current === undefined ? {} : (await get<{ files: Files }>(token, `/api/v1/dialplans/${encodeURIComponent(current)}`)).files,
  });
}

export function useFlows(): { names: string[]; error: Error | null } {
  const files = useCurrentFiles();
  const names = useMemo(
    () =>
      flowGraph(files.data ?? {})
        .nodes.flatMap(({ kind, label }) => (kind === 'flow' ? [label] : []))
        .sort(),
    [files.data],
  );
  return { names, error: files.error };
}
