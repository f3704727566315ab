// What a pool said, in words; its own text stands below for who looks it up. The words are loaded when a pool first refuses something.
import { useTranslation } from 'react-i18next';

import { sayingOf } from './refusals.ts';

interface Props {
  code: string;
  params: readonly string[];
  /** In the pool's own words. */
  message: string;
}

export default function Refusal({ code, params, message }: Props) {
  const { i18n } = useTranslation();
  return (
    <>
      <p>{sayingOf(code, params, i18n.language)}</p>
      <p className="xo-raw">{message}</p>
    </>
  );
}
