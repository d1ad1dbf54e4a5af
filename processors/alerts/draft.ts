import { type Change, drop, emit, type Emission, set } from '#sdk';
import { type Alert, type AlertChanged, type Alerting, type AlertsState, type Outage, topics } from '#schemas';
import { alerts, END, isHeld, isOpen, type Kept, maintenances, outages, type Withheld } from './state.ts';

/** Alerts about the alerts of the tenant as a whole have keys of their own, and no device. */
export const DIGEST = 'alerts.digest';
export const OVERFLOW = 'alerts.overflow';

/** Says of a device that a maintenance was refused. */
export const FULL = 'alerts.maintenance';

/** What a change says besides the alert as it is then. */
export interface Told extends Pick<AlertChanged, 'change' | 'eventId' | 'eventTime'> {
  readonly actor?: string | null;
  readonly comment?: string | null;
}

/** What a step has decided so far: reads see its own writes. */
export interface Draft {
  readonly now: number;
  readonly policy: Alerting;
  state: AlertsState;
  readonly alertOf: (key: string) => Alert | undefined;
  readonly outageOf: (device: string) => Outage | undefined;
  /** The windows of a device that are not over, by their begin. */
  readonly windowsOf: (device: string) => readonly MaintenanceWindow[];
  /** Whether any device has such a window. */
  readonly isAnyWorkedOn: () => boolean;
  /** Open alerts of others that stand behind a device or a place. */
  readonly standingBehind: (place: string) => readonly Alert[];
  /** Null drops it. */
  readonly keep: (key: string, alert: Alert | null) => void;
  readonly keepOutage: (device: string, outage: Outage | null) => void;
  readonly keepWindows: (device: string, windows: readonly MaintenanceWindow[]) => void;
  /** Asks to look at the alerts again at a log time, which is after this step. */
  readonly lookAt: (at: number) => void;
  readonly tell: (key: string, alert: Alert, told: Told, withheld: Withheld | null) => void;
  readonly taken: () => {
    readonly state: AlertsState;
    readonly changes: readonly Change[];
    readonly emits: readonly Emission<typeof topics.alerts>[];
  };
}

export type MaintenanceWindow = { readonly startsAt: number; readonly endsAt: number };

/** Begins a step of a tenant at a log time. */
export function draftOf(before: AlertsState, kept: Kept, now: number): Draft {
  const { meta, policies, versions } = kept;
  const written = new Map<string, Alert | null>();
  const outagesWritten = new Map<string, Outage | null>();
  const changes: Change[] = [];
  const emits: Emission<typeof topics.alerts>[] = [];
  const tenant = meta.key.slice(0, meta.key.indexOf('/'));
  const policy = policies.alerting;
  const draft: Draft = {
    now,
    policy,
    state: before,
    alertOf: (key) => (written.has(key) ? (written.get(key) ?? undefined) : kept.alerts.get(key)),
    outageOf: (device) =>
      outagesWritten.has(device) ? (outagesWritten.get(device) ?? undefined) : kept.outages.get(device),
    isAnyWorkedOn: () => kept.maintenances.range('', END)[Symbol.iterator]().next().done !== true,
    standingBehind: (place) => {
      const known = [...kept.alerts.range('', END)].filter(([key]) => !written.has(key));
      const all = [...known.map(([, alert]) => alert), ...written.values()].filter((alert) => alert !== null);
      return all.filter((alert) => isOpen(alert) && alert.device !== place && alert.behind.includes(place));
    },
    windowsOf: (device) => (kept.maintenances.get(device)?.windows ?? []).filter(({ endsAt }) => endsAt > now),
    keep(key, alert) {
      const old = draft.alertOf(key);
      draft.state = counted(counted(draft.state, old, -1), alert ?? undefined, 1);
      written.set(key, alert);
      changes.push(alert === null ? drop(alerts, key) : set(alerts, key, alert));
    },
    keepOutage(device, outage) {
      outagesWritten.set(device, outage);
      changes.push(outage === null ? drop(outages, device) : set(outages, device, outage));
    },
    keepWindows(device, windows) {
      changes.push(windows.length === 0 ? drop(maintenances, device) : set(maintenances, device, { windows }));
    },
    lookAt(wanted) {
      const { dueAt } = draft.state;
      const at = Math.max(wanted, now + 1);
      if (dueAt === null || at < dueAt) draft.state = { ...draft.state, dueAt: at };
    },
    tell(key, alert, told, withheld) {
      const revision = draft.state.revision + 1;
      draft.state = { ...draft.state, revision };
      const alertingVersion = versions.alerting;
      const change = { revision, tenant, alert: key, runbook: runbookOf(policy, alert), alertingVersion, ...told };
      emits.push(emit(topics.alerts, { ...shown(alert, withheld), actor: null, comment: null, ...change }));
    },
    taken: () => ({ state: draft.state, changes, emits }),
  };
  return draft;
}

/** What a change shows of an alert; what holds it back, only where this change is held back too. */
function shown({ raised: _, signalled: __, withheldBy, dueAt, ...alert }: Alert, withheld: Withheld | null) {
  const held = withheld === null ? { withheldBy: null, dueAt: null } : { withheldBy, dueAt };
  return { ...alert, ...held, deliver: withheld === null, withheld };
}

/** Alerts about the alerts themselves take no place that others could have. */
function counted(state: AlertsState, alert: Alert | undefined, by: 1 | -1): AlertsState {
  if (alert === undefined || alert.device === '' || alert.rule === FULL) return state;
  return isHeld(alert) ? { ...state, open: state.open + by } : { ...state, ended: state.ended + by };
}

/** What is decided for a rule. */
export function ruleOf({ rules }: Alerting, rule: string): Alerting['rules'][number] | undefined {
  return rules.find((each) => each.rule === rule);
}

/** The address for a rule of its own, or what the common one is for it. */
function runbookOf({ rules, runbooks }: Alerting, { rule }: Alert): string | null {
  const own = rules.find((each) => each.rule === rule)?.runbook ?? null;
  if (own !== null || runbooks === null) return own;
  const name = encodeURIComponent(rule);
  if (!runbooks.includes('{')) return `${runbooks}${runbooks.endsWith('/') ? '' : '/'}${name}`;
  return runbooks.replaceAll('{rule}', name).replaceAll('{processor}', name.split('.')[0] as string);
}
