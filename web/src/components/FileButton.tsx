// A button that asks for a file.
import { Button } from '@patternfly/react-core';
import { useRef } from 'react';

interface Props {
  label: string;
  /** The ending of its name: `.xoabackup`. */
  accept: string;
  isBusy?: boolean;
  isDisabled?: boolean;
  onChoose: (file: File) => void;
}

export function FileButton({ label, accept, isBusy = false, isDisabled = false, onChoose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button variant="secondary" isDisabled={isDisabled || isBusy} isLoading={isBusy} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        accept={accept}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          // The same file may be chosen again.
          target.value = '';
          if (file) onChoose(file);
        }}
      />
    </>
  );
}
