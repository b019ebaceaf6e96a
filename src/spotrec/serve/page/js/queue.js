// The queue.
export function add() {}
