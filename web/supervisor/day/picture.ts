/** What a picture is of: figures of one unit, in series. */
export type Unit = 'contacts' | 'share' | 'ms' | 'agents' | 'rating';

export interface Series {
  /** What it is named by: of a day its words (`daySeries.<id>`). */
  id: string;
  /** Which of theme.css. */
  colour: string;
  kind: 'bar' | 'line' | 'area' | 'dashed';
  /** Those of one stack stand on one another. */
  stack?: string;
  /** One a slot; null: nothing to be told. */
  values: (number | null)[];
}

/** What is drawn, of whatever. */
export interface Picture {
  unit: Unit;
  series: Series[];
  /** A line across, where one is set. */
  target: number | null;
}
