import { Button } from "@/components/button";
import { Icon } from "@/components/icon";
import { IconButton } from "@/components/icon-button";
import { useWords } from "@/lib/words/use-words";
import type { Operation, Tool } from "./mask-history";
import styles from "./mask-tools.module.css";

type Props = {
  tool: Tool;
  onToolChange: (tool: Tool) => void;
  brush: { size: number; smallest: number; largest: number };
  onBrushChange: (size: number) => void;
  canUndo: boolean;
  canRedo: boolean;
  onUndo: () => void;
  onRedo: () => void;
  onOperation: (operation: Operation) => void;
};

export function MaskTools({ tool, brush, onOperation, ...props }: Props) {
  const { inpainting: words } = useWords().settings;
  const whole = ["fill", "invert", "clear"] as const;
  return (
    <div className={styles.tools}>
      <fieldset className={styles.row}>
        <legend className="visually-hidden">{words.tools}</legend>
        {(["brush", "eraser"] as const).map((one) => (
          <Button
            key={one}
            aria-pressed={tool === one}
            onClick={() => props.onToolChange(one)}
          >
            <Icon name={one} />
            {words[one]}
          </Button>
        ))}
      </fieldset>
      <label className={styles.width}>
        {words.width}
        <input
          type="range"
          min={brush.smallest}
          max={brush.largest}
          value={brush.size}
          aria-keyshortcuts="[ ]"
          onChange={(event) => props.onBrushChange(event.target.valueAsNumber)}
        />
      </label>
      <div className={styles.whole}>
        <IconButton
          label={words.undo}
          aria-disabled={!props.canUndo}
          onClick={props.onUndo}
        >
          <Icon name="undo" />
        </IconButton>
        <IconButton
          label={words.redo}
          aria-disabled={!props.canRedo}
          onClick={props.onRedo}
        >
          <Icon name="redo" />
        </IconButton>
        {whole.map((kind) => (
          <Button key={kind} look="quiet" onClick={() => onOperation({ kind })}>
            {words[kind]}
          </Button>
        ))}
      </div>
    </div>
  );
}
