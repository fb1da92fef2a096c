/** The pages of the supervisor's console, and who sees which. */

export type Reach = 'all' | 'team' | 'own';
/** Without a reach: to something at least. */
export type May = (action: string, reach?: Reach) => boolean;
export type Place = 'live' | 'day' | 'wallboard' | 'queues' | 'calls' | 'tickets' | 'alerts' | 'reports' | 'resolution' | 'reconciliation' | 'schedules';

const places: readonly Place[] = ['live', 'day', 'wallboard', 'queues', 'calls', 'tickets', 'reports', 'resolution', 'reconciliation', 'schedules', 'alerts'];
const isShown: Record<Place, (may: May) => boolean> = {
  live: (may) => may('floor.watch'),
  // Figures of queues: no team's.
  day: (may) => may('report.read', 'all'),
  wallboard: (may) => may('floor.watch'),
  queues: (may) => may('callback.read'),
  calls: (may) => may('record.read'),
  tickets: (may) => may('ticket.read'),
  alerts: (may) => may('alert.change'),
  // Her own figures an agent reads at her desk.
  reports: (may) => may('report.read', 'all') || may('report.read', 'team'),
  resolution: (may) => may('report.read', 'all') || may('report.read', 'team'),
  reconciliation: (may) => may('report.reconcile'),
  schedules: (may) => may('report.schedule'),
};
/** Reached from within another. */
const beneath: Partial<Record<Place, Place>> = { resolution: 'reports', reconciliation: 'reports', schedules: 'reports' };
/** Where she comes in who names no page, or one that is not hers. */
const first: readonly Place[] = ['calls', 'day', 'live'];

export const shownPlaces = (may: May): Place[] => places.filter((place) => isShown[place](may));

/** As the bar above names it. */
export const topOf = (place: Place): Place => beneath[place] ?? place;
export const topPlaces = (may: May): Place[] => shownPlaces(may).filter((place) => topOf(place) === place);
/** The page itself and those reached from within it. */
export const placesAt = (may: May, top: Place): Place[] => shownPlaces(may).filter((place) => topOf(place) === top);

/** null: none of them is hers. */
export function placeFor(may: May, asked: Place): Place | null {
  const shown = shownPlaces(may);
  return shown.includes(asked) ? asked : (first.find((place) => shown.includes(place)) ?? null);
}
