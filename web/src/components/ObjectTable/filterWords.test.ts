import { expect, it } from 'vitest';

import { propertiesIn } from './filterWords.ts';

it('finds the properties that a filter names', () => {
  expect(propertiesIn('web power_state:Running !auto_poweron? CPUs:number:>4')).toEqual(['power_state', 'auto_poweron', 'CPUs']);
  expect(propertiesIn('memory.size:1')).toEqual(['memory.size']);
  expect(propertiesIn('|(name_label:a $pool:b)')).toEqual(['name_label', '$pool']);
  expect(propertiesIn('web db')).toEqual([]);
});

it('takes no value for a property', () => {
  expect(propertiesIn('name_label:"a b:c" tags:/x:y/i')).toEqual(['name_label', 'tags']);
  expect(propertiesIn('power_state:|(Running Paused) memory:(size:>1)')).toEqual(['power_state', 'memory']);
});
