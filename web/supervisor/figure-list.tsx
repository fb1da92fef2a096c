/** Figures in a row, each beneath its name. */
export function FigureList({ className, figures }: { className?: string; figures: readonly (readonly [string, string | number])[] }) {
  return (
    <dl className={className}>
      {figures.map(([name, figure]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="figures">{figure}</dd>
        </div>
      ))}
    </dl>
  );
}
