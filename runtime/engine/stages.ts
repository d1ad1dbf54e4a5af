import { type AnyProcessor, type AnyTopic, EVENTS_TOPIC, type Repartition } from '#sdk';

/** What a processor reads: events as they are, or, behind another, what that one derived. */
export function inputTopicOf(processor: Pick<AnyProcessor, 'inputs'>): string {
  return stageInput(processor)?.topic.name ?? EVENTS_TOPIC;
}

/** The one input of a second stage, and the name of its handler; null of a first stage. */
export function stageInput({
  inputs,
}: Pick<AnyProcessor, 'inputs'>): { readonly handler: string; readonly topic: Repartition<unknown> } | null {
  const all = Object.entries(inputs as Readonly<Record<string, object>>);
  const [between] = all.filter(([, input]) => 'keyOf' in input);
  return between === undefined ? null : { handler: between[0], topic: between[1] as Repartition<unknown> };
}

/** Names of those that write to the topic which a second stage reads. */
export function upstreamsOf(processor: AnyProcessor, all: readonly AnyProcessor[]): string[] {
  const topic = stageInput(processor)?.topic.name;
  return all.filter(({ outputs }) => (outputs as readonly AnyTopic[]).some(({ name }) => name === topic)).map(nameOf);
}

/** Throws where processors do not fit together as stages. */
export function checkStages(processors: readonly AnyProcessor[], all: readonly AnyProcessor[]): void {
  for (const processor of processors) {
    const { name, inputs } = processor;
    if (stageInput(processor) === null) continue;
    if (Object.keys(inputs as object).length > 1) {
      throw new Error(`stage_inputs: ${name} reads more than one topic; a second stage reads one, and that alone`);
    }
    const circle = circleIn(processor, all);
    if (circle !== null) throw new Error(`stage_circle: ${circle.join(' waits for ')}; a stage cannot wait for itself`);
    if (upstreamsOf(processor, all).length === 0) {
      throw new Error(`stage_alone: nobody writes to ${inputTopicOf(processor)}; run what ${name} stands behind too`);
    }
  }
}

/** Names of processors that, each behind the one before, come back to the first; null where none do. */
function circleIn(first: AnyProcessor, all: readonly AnyProcessor[]): readonly string[] | null {
  const behind = (each: AnyProcessor, path: readonly string[]): readonly string[] | null => {
    for (const name of upstreamsOf(each, all)) {
      if (name === first.name) return [...path, name];
      const before = all.find((processor) => processor.name === name);
      const found = before === undefined || path.includes(name) ? null : behind(before, [...path, name]);
      if (found !== null) return found;
    }
    return null;
  };
  return behind(first, [first.name]);
}

function nameOf({ name }: AnyProcessor): string {
  return name;
}
