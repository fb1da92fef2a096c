/**
 * The tenant as its own admin sees and sets it. Tenants are made by the operator, by a folder with a `tenant.yaml`: nobody who signs in at one of
 * them can make, see or end another.
 */
import { z } from 'zod';
import type { TenantId } from '../../kernel/ids.ts';
import type { Tenant } from '../tenants/directory.ts';
import { type HotlineNumber, newNumber } from '../tenants/numbers.ts';
import { type TenantSettings, tenantRules, usualSettings } from '../tenants/settings.ts';
import { numbersOf } from '../tenants/trunk.ts';
import { asker, author } from './access.ts';
import type { ApiPorts } from './ports.ts';
import { Problem } from './problems.ts';
import { type Api, given, nameSchema } from './shapes.ts';

type House = Pick<ApiPorts, 'directory'>;

export function tenantOf({ directory }: House, tenantId: TenantId): Tenant {
  return directory.tenants().find((tenant) => tenant.tenantId === tenantId) ?? { tenantId, name: '', numbers: [], sipDomains: [] };
}
export const settingsOf = (house: House, tenantId: TenantId): TenantSettings => tenantOf(house, tenantId).settings ?? usualSettings;

/** Its numbers, with what is said of each, in their order. */
export function hotlinesOf(house: House, tenantId: TenantId): HotlineNumber[] {
  const { hotlines, numbers } = tenantOf(house, tenantId);
  return hotlines ?? numbers.map((number) => newNumber(number));
}

/** H5: only numbers that are ours to show leave. `before`: those the operator has given stay. */
export function outboundFaults(house: House, tenantId: TenantId, wanted: TenantSettings['outboundNumbers']): { at: string; message: string }[] {
  const { numbers, settings = usualSettings } = tenantOf(house, tenantId);
  const trunks = house.directory.trunks().filter((trunk) => trunk.tenantId === tenantId);
  const ours = new Set([...numbers, ...trunks.flatMap(numbersOf), ...Object.values(settings.outboundNumbers)]);
  return Object.entries(wanted).flatMap(([purpose, number]) =>
    ours.has(number)
      ? []
      : [
          {
            at: `body.outboundNumbers.${purpose}`,
            message: `${number} is not ours to show: give one of the hotline's numbers that are switched on, or of a trunk's displayNumbers or verifiedNumbers`,
          },
        ],
  );
}

const shownSchema = z.object({
  tenantId: z.string(),
  name: z.string(),
  /** Those that are switched on; more of each at `/api/v1/numbers`. */
  numbers: z.array(z.string()),
  /** Host names of its phones: the operator's to set. */
  sipDomains: z.array(z.string()),
  ...tenantRules,
});

export function tenant(app: Api, ports: ApiPorts): void {
  const shown = (tenantId: TenantId): z.infer<typeof shownSchema> => {
    const { name, numbers, sipDomains } = tenantOf(ports, tenantId);
    return { tenantId, name, numbers, sipDomains, ...settingsOf(ports, tenantId) };
  };
  app.get(
    '/api/v1/tenant',
    {
      config: { action: 'trunk.read' },
      schema: { tags: ['tenant'], summary: 'The tenant: its name, settings, numbers, host names of its phones', response: { 200: shownSchema } },
    },
    async (request) => shown(asker(request).tenantId),
  );

  app.patch(
    '/api/v1/tenant',
    {
      config: { action: 'number.change' },
      schema: {
        tags: ['tenant'],
        summary: 'Change the tenant’s name and settings; they hold at once, for the next call',
        body: z.strictObject({ name: nameSchema, ...tenantRules }).partial(),
        response: { 200: shownSchema },
      },
    },
    async (request) => {
      const { tenantId } = asker(request);
      const before = { name: tenantOf(ports, tenantId).name, ...settingsOf(ports, tenantId) };
      const { name, ...settings } = { ...before, ...given(request.body) };
      const faults = outboundFaults(ports, tenantId, settings.outboundNumbers);
      if (faults.length > 0) throw new Problem('validation_failed', '', faults);
      const told = { ...author(request), action: 'tenant.update', resource: `tenant/${tenantId}`, before, after: { name, ...settings } };
      await ports.configuration.saveTenant(tenantId, name, settings, told);
      return shown(tenantId);
    },
  );
}
