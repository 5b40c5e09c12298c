import { expect, test } from 'vitest'
import { CHANGE_OUTCOMES, CHANGE_STATES } from '../contract/change.ts'
import { listedState } from '../words/change-list.ts'
import { typedState } from './listed-state.ts'

test.each(CHANGE_STATES)('%s is found by its name and by the words that the list shows', (state) => {
  expect(typedState(state)).toBe(state)
  for (const language of ['ja', 'en'] as const) {
    const found = typedState(listedState(state, undefined, language))
    // One word may stand for two states that are listed under it alike.
    expect(listedState(found ?? '', undefined, language)).toBe(listedState(state, undefined, language))
  }
})
test.each([...CHANGE_OUTCOMES, 'rolled_back', 'failed'])(
  'how a closed change ended is found by its word: %s',
  (outcome) => {
    for (const language of ['ja', 'en'] as const)
      expect(typedState(listedState('closed', outcome, language))).toBe(outcome)
  },
)
test('what is no word of a state is none', () => {
  expect(typedState('nonsense')).toBeUndefined()
})
