import type { ComponentChildren } from "preact";

export interface Column { name: string; numeric?: boolean; hidden?: boolean }

/** A table that scrolls within its frame, also by the keyboard. */
export const Table = ({ label, columns, children, bodyId }: {
  label: string; columns: Column[]; children: ComponentChildren; bodyId?: string;
}) => <div class="scroll" tabIndex={0} role="region" aria-label={label}>
  <table>
    <thead><tr>{columns.map(column => <th key={column.name} scope="col" class={column.numeric ? "n" : undefined}>
      {column.hidden ? <span class="quiet">{column.name}</span> : column.name}</th>)}</tr></thead>
    <tbody id={bodyId}>{children}</tbody>
  </table>
</div>;
