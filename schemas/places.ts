/**
 * How alerts name what is no device: in the form of a device's name, so that alerts of devices can stand behind it, and
 * it can be maintained. A cell is one of its operator.
 */
export function cellName(operator: string | null, cell: string): string {
  return `cell:${operator ?? ''}:${cell}`;
}

/** The network of an operator as a whole. */
export function operatorName(operator: string): string {
  return `operator:${operator}`;
}

/** Some of an operator's subscribers, wherever they are: a lot of SIMs, a tariff, an access point. */
export function subscriptionsName(operator: string): string {
  return `subscriptions:${operator}`;
}
