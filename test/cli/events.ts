/** A measurement of a device, as it is sent over HTTP. */
export function reported(device: string, sequence: number) {
  return { tenant: 'acme', device, type: 'telemetry', epoch: 1, sequence, metrics: { temperatureC: 21.5 } };
}

/** Sends events to `/v1/events`, a line each. */
export function sendEvents(url: string, events: readonly object[], headers: Readonly<Record<string, string>> = {}) {
  const body = events.map((event) => JSON.stringify(event)).join('\n');
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson', ...headers }, body });
}
