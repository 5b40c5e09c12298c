// Shapes and colours by which a card tells good from bad.

export type Style = 'good' | 'bad' | 'look' | 'dim' | 'strong' | 'added' | 'removed'

export const SHAPES = { good: '✓', bad: '✗', look: '!', open: '○', done: '●', half: '◐' }
export const ASCII_SHAPES = { good: 'ok', bad: 'x', look: '!', open: '.', done: '*', half: '+' }
