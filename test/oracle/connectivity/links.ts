import type { Event, Link } from './event.ts';

type Linked = Event & { readonly link: Link };

/** The measures of the link reports of a window; quantiles from the values themselves. */
export function linkOf(reports: readonly Linked[]): Readonly<Record<string, unknown>> {
  const links = reports.map(({ link }) => link);
  const latencies = links.flatMap(({ latencyMs }) => latencyMs ?? []).toSorted((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(q * (latencies.length - 1))] ?? null;
  const factors = links.flatMap(({ spreadingFactor }) => spreadingFactor ?? []);
  const uplinks = uplinksOf(reports);
  const margins = uplinks.flatMap(({ best }) => marginOf(best.link) ?? []);
  const gateways = [...new Set(links.flatMap(({ gateway }) => gateway ?? []))].toSorted().map((gateway) => {
    const own = links.filter((link) => link.gateway === gateway);
    return {
      gateway,
      reports: own.length,
      best: uplinks.filter(({ best }) => best.link.gateway === gateway).length,
      rssi: mean(own.flatMap(({ rssi }) => rssi ?? [])),
      snr: mean(own.flatMap(({ snr }) => snr ?? [])),
      marginDb: mean(own.flatMap((link) => marginOf(link) ?? [])),
    };
  });
  const most = Math.max(...gateways.map(({ best }) => best));
  const spread = (name: 'rssi' | 'snr' | 'rsrp' | 'rsrq' | 'sinr') => {
    const values = links.flatMap((link) => link[name] ?? []);
    const ends = values.length === 0 ? [null, null] : [Math.min(...values), Math.max(...values)];
    return { [name]: mean(values), [`${name}Min`]: ends[0], [`${name}Max`]: ends[1] };
  };
  return {
    ...spread('rssi'),
    ...spread('snr'),
    ...spread('rsrp'),
    ...spread('rsrq'),
    ...spread('sinr'),
    latencyP50: quantile(0.5),
    latencyP90: quantile(0.9),
    latencyP99: quantile(0.99),
    roundTrips: latencies.length,
    spreadingFactorMin: factors.length === 0 ? null : Math.min(...factors),
    spreadingFactorMax: factors.length === 0 ? null : Math.max(...factors),
    uplinks: uplinks.length,
    marginDb: mean(margins),
    marginMinDb: margins.length === 0 ? null : Math.min(...margins),
    bestGateway: gateways.find(({ best }) => best === most)?.gateway ?? null,
    gateways,
  };
}

/** Reports of one moment are one uplink, of which the gateway counts that heard it with the least noise. */
function uplinksOf(reports: readonly Linked[]): readonly { readonly best: Linked }[] {
  const lora = reports.filter(({ link }) => link.spreadingFactor !== null);
  return [...new Set(lora.map(({ eventTime }) => eventTime))].map((moment) => {
    const snrOf = ({ link }: Linked) => link.snr ?? -Infinity;
    const nameOf = ({ link }: Linked) => link.gateway ?? '';
    const heard = lora.filter(({ eventTime }) => eventTime === moment);
    const [best] = heard.toSorted((a, b) =>
      snrOf(a) === snrOf(b) ? (nameOf(a) < nameOf(b) ? -1 : 1) : snrOf(b) - snrOf(a),
    );
    return { best: best as Linked };
  });
}

/** At 125 kHz LoRa is heard down to -7.5 dB at spreading factor 7, and 2.5 dB less for each further one. */
function marginOf({ spreadingFactor, snr }: Link): number | null {
  return spreadingFactor === null || snr === null ? null : snr + 7.5 + 2.5 * (spreadingFactor - 7);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
}
