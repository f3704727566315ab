// How much of something is used.
import { Progress, ProgressMeasureLocation, ProgressSize } from '@patternfly/react-core/dist/esm/components/Progress/index.js';

import { bytes } from './units.ts';

export function Usage({ used, of }: { used: number; of: number }) {
  const percent = of > 0 ? Math.round((100 * used) / of) : 0;
  const text = `${bytes(used)} / ${bytes(of)}`;
  return <Progress aria-label={text} value={percent} label={text} size={ProgressSize.sm} measureLocation={ProgressMeasureLocation.outside} />;
}
