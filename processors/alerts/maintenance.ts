import type { Signal } from '#schemas';
import { type Draft, FULL, type MaintenanceWindow, type Told } from './draft.ts';
import { end, opened } from './lifecycle.ts';
import { isOpen } from './state.ts';

/** Windows of a device that may be to come or under way at once; those that are over make room. */
export const WINDOWS_MAX = 16;

/** Keeps a window, in place of the one that begins at the same time. One without length calls that off. */
export function maintain(draft: Draft, { device, startsAt, endsAt, actor, comment, ...signal }: Signal): void {
  if (startsAt === null || endsAt === null) return;
  const { eventId, eventTime } = signal;
  const told = { eventId, eventTime, actor, comment };
  const others = draft.windowsOf(device).filter((window) => window.startsAt !== startsAt);
  const isMeant = endsAt > startsAt && endsAt > draft.now;
  // What was promised before stays.
  if (isMeant && others.length >= WINDOWS_MAX) return refuse(draft, device, { startsAt, endsAt }, told);
  const windows = isMeant ? [...others, { startsAt, endsAt }] : others;
  draft.keepWindows(
    device,
    windows.toSorted((a, b) => a.startsAt - b.startsAt),
  );
  endFull(draft, device, windows, told);
  // What it holds back, or no longer does, is looked at with the next tick.
  draft.lookAt(draft.now);
}

/** Tells receivers that the alerts of a device will come although somebody wanted them kept. */
function refuse(draft: Draft, device: string, window: MaintenanceWindow, told: Omit<Told, 'change'>): void {
  const key = `${FULL}/${device}`;
  const old = draft.alertOf(key);
  const content = {
    device,
    rule: FULL,
    severity: 'MEDIUM' as const,
    signalled: null,
    title: `A maintenance of ${device} was refused: ${WINDOWS_MAX} are kept`,
    detail:
      `It was to be from ${timeOf(window.startsAt)} to ${timeOf(window.endsAt)}; alerts of ${device} will be delivered then. ` +
      'Call off one that is to come, and declare it again.',
    behind: [],
    policy: null,
    policyVersion: null,
  };
  const isOpenStill = old !== undefined && isOpen(old);
  const alert = isOpenStill ? { ...old, ...content } : { ...opened(draft, old, content), announced: true };
  draft.keep(key, alert);
  draft.tell(key, alert, { change: isOpenStill ? 'UPDATED' : 'OPENED', ...told }, null);
  // When a window ends, there is room.
  for (const { endsAt } of draft.windowsOf(device)) draft.lookAt(endsAt);
}

/** Says that there is room again for windows of a device. */
export function endFull(
  draft: Draft,
  device: string,
  windows: readonly MaintenanceWindow[],
  told: Omit<Told, 'change'>,
): void {
  if (windows.length >= WINDOWS_MAX) return;
  const key = `${FULL}/${device}`;
  const old = draft.alertOf(key);
  if (old === undefined || !isOpen(old)) return;
  end(draft, key, old, { status: 'RESOLVED', raised: false, verdict: old.verdict }, told);
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
