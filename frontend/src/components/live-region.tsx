/** The page's one live region: a line is read out when its text changes. */
export function LiveRegion({ label, messages }: { label: string; messages: string[] }) {
  return (
    <div
      className="visually-hidden"
      role="status"
      aria-label={label}
      aria-live="polite"
      aria-atomic="false"
    >
      {messages.map((message, index) => (
        // Each source of messages keeps its own line.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <p key={index}>{message}</p>
      ))}
    </div>
  );
}
