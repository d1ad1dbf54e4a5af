import { cellName, type ConnectivityState, type DeviceDescribed, type LinkReported, operatorName } from '#schemas';
import { MINUTE_MS } from './minute.ts';

/** Gateways that are kept as those that heard the device. */
const GATEWAYS_MAX = 8;

/** A gateway that heard the device so long before the last time is none of those that it is behind. */
const BEHIND_MS = 60 * MINUTE_MS;

/** Keeps through what the device is connected, as its newest link report says. */
export function located(state: ConnectivityState, link: LinkReported): ConnectivityState {
  const { gateway, cell, operator, eventTime } = link;
  const { linkAt } = state;
  const next = gateway === null ? state : { ...state, gateways: withGateway(state.gateways, gateway, eventTime) };
  if (linkAt !== null && eventTime < linkAt) return next;
  // Reports of one moment, by several gateways, count alike in whatever order.
  if (linkAt === eventTime && (cell ?? '') + (operator ?? '') < (state.cell ?? '') + (state.operator ?? ''))
    return next;
  return { ...next, cell, operator, linkAt: eventTime };
}

/** Keeps where the device stands, as it said last. */
export function sited(state: ConnectivityState, { site, eventTime }: DeviceDescribed): ConnectivityState {
  const { siteSaidAt } = state;
  if (site === null || eventTime < (siteSaidAt ?? -Infinity)) return state;
  return eventTime === siteSaidAt && site < (state.site ?? '') ? state : { ...state, site, siteSaidAt: eventTime };
}

/** All that the second stage groups by, as text. */
export function placeOf({ gateways, cell, operator, site }: ConnectivityState): string {
  return JSON.stringify([gateways.map(({ gateway }) => gateway).sort(), cell, operator, site]);
}

/** The gateways that heard the device last, newest first. */
export function behind({ gateways }: Pick<ConnectivityState, 'gateways'>): readonly string[] {
  const newest = gateways[0]?.heardAt ?? 0;
  return gateways.filter(({ heardAt }) => newest - heardAt <= BEHIND_MS).map(({ gateway }) => gateway);
}

/** What explains that a device is away, should it be away itself: its gateways, its cell, or else its operator. */
export function dependsOn(state: ConnectivityState): readonly string[] {
  const { cell, operator } = state;
  const gateways = behind(state);
  if (gateways.length > 0) return gateways;
  if (cell !== null) return [cellName(operator, cell)];
  return operator === null ? [] : [operatorName(operator)];
}

function withGateway(
  gateways: ConnectivityState['gateways'],
  gateway: string,
  time: number,
): ConnectivityState['gateways'] {
  const heardAt = Math.max(time, gateways.find((each) => each.gateway === gateway)?.heardAt ?? -Infinity);
  return [...gateways.filter((each) => each.gateway !== gateway), { gateway, heardAt }]
    .sort((a, b) => b.heardAt - a.heardAt || (a.gateway < b.gateway ? -1 : 1))
    .slice(0, GATEWAYS_MAX);
}
