// A fingerprint, to be compared byte by byte: a line ends between two bytes only. And a button that copies it.
import { ClipboardCopyButton } from '@patternfly/react-core';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  /** Bytes as two digits each, with colons. */
  text: string;
}

export function Fingerprint({ text }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [isCopied, setCopied] = useState(false);
  const bytes = text.split(':');
  return (
    <span className="xo-line">
      <code id={id}>
        {bytes.map((byte, i) => (
          <span key={i} className="xo-byte">
            {byte}
            {i < bytes.length - 1 && ':'}
          </span>
        ))}
      </code>
      <ClipboardCopyButton
        id={`${id}-copy`}
        textId={id}
        variant="plain"
        aria-label={t('copy.hint')}
        exitDelay={1500}
        onTooltipHidden={() => setCopied(false)}
        onClick={() => {
          void navigator.clipboard.writeText(text);
          setCopied(true);
        }}
      >
        {t(isCopied ? 'copy.done' : 'copy.hint')}
      </ClipboardCopyButton>
    </span>
  );
}
