import { dockerHost } from './containers.ts';

/** What runs a service of the stack. */
export type House = 'containers' | 'maven';

/** Containers where a Docker engine answers, Maven artifacts elsewhere; STACK_HOUSE=maven or =containers decides otherwise. */
export async function findHouse(): Promise<House> {
  const wanted = process.env['STACK_HOUSE'];
  if (wanted === 'containers' || wanted === 'maven') return wanted;
  return (await dockerHost()) === null ? 'maven' : 'containers';
}
