/** The few line drawings of the consoles, 20 × 20, in the colour of the text beside them; always an ornament to a name. */
const drawings = {
  answer: 'M6.2 3.5 4 4.6c-.6 4.6 5.9 11.6 11 11.4l1.5-2.1-3.3-2.6-1.7 1c-1.5-.7-2.7-2-3.4-3.6l1.2-1.6z',
  hangup: 'M3 11.5c4-3.7 10-3.7 14 0l-1.4 2.4-3-1v-2.2a9 9 0 0 0-5.2 0v2.2l-3 1z',
  hold: 'M7 4.5v11M13 4.5v11',
  retrieve: 'M6.5 4.5v11l9-5.5z',
  record: 'M10 4.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
  microphone: 'M10 3a2.3 2.3 0 0 0-2.3 2.3v4a2.3 2.3 0 0 0 4.6 0v-4A2.3 2.3 0 0 0 10 3M5 9.2a5 5 0 0 0 10 0M10 14.2V17',
  muted: 'M12.3 8V5.3a2.3 2.3 0 0 0-4.5-.7M7.7 8v1.3a2.3 2.3 0 0 0 3.6 1.9M5 9.2a5 5 0 0 0 7.8 4.1M15 9.2q0 .8-.3 1.6M10 14.2V17M4 3.5l12 13',
  keypad: 'M5 5h1M9.5 5h1M14 5h1M5 10h1M9.5 10h1M14 10h1M5 15h1M9.5 15h1M14 15h1',
  callback: 'M6.2 3.5 4 4.6c-.6 4.6 5.9 11.6 11 11.4l1.5-2.1-3.3-2.6-1.7 1c-1.5-.7-2.7-2-3.4-3.6l1.2-1.6zM16.5 4l-5 5M11.5 5.5V9H15',
  popOut: 'M9 4.5H4v11h11v-5M11.5 4H16v4.5M16 4l-6 6',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M15.7 4.3l-1.2 1.2M5.5 14.5l-1.2 1.2',
  moon: 'M16 12.2A6.7 6.7 0 0 1 7.8 4a6.7 6.7 0 1 0 8.2 8.2z',
  bell: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1.3 1.5H3.7zM8.5 17.2h3',
  help: 'M7.6 7.6a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1.1.9-1.1 1.8M10 14.6v.2',
  leave: 'M8.5 4H4v12h4.5M8 10h8.5M13.5 6.8l3.2 3.2-3.2 3.2',
  eye: 'M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4',
  alert: 'M10 3.2 17.5 16h-15zM10 8.2v3.6M10 13.7v.2',
  phone: 'M5 3h10v14H5zM8.5 14.5h3M5 6h10',
  chevron: 'M6 8l4 4 4-4',
  star: 'M10 3.2l2.1 4.3 4.7.7-3.4 3.3.8 4.7-4.2-2.2-4.2 2.2.8-4.7-3.4-3.3 4.7-.7z',
  cross: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
} as const;
export type IconName = keyof typeof drawings;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
