/** The outcomes an agent may give a call; what is sent and recorded is the name, what is shown is `disposition.<name>`. */
export const dispositions = [
  'consulted',
  'handled',
  'complaint_registered',
  'fault_reported',
  'callback_promised',
  'wrong_number',
  'dropped',
  'other',
] as const;
