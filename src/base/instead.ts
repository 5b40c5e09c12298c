// What is offered in place of what was refused: chosen by the guard, put into words by the words room.

export type Instead =
  /** Ready to paste; `…` stands where a person must write. */
  | { readonly kind: 'command'; readonly words: readonly string[] }
  | { readonly kind: 'endpoint'; readonly base: string; readonly docs?: string; readonly service?: string }
  | { readonly kind: 'ask'; readonly name?: string }
