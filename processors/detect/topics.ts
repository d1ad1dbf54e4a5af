/** True when a topic fits one of several filters of MQTT (3.1.1, section 4.7). */
export function isOfTopics(topic: string, filters: readonly string[]): boolean {
  const levels = topic.split('/');
  return filters.some((filter) => fits(levels, filter.split('/')));
}

function fits(levels: readonly string[], filter: readonly string[]): boolean {
  for (const [index, part] of filter.entries()) {
    if (part === '#') return true;
    if (index >= levels.length || (part !== '+' && part !== levels[index])) {
      return false;
    }
  }
  return filter.length === levels.length;
}
