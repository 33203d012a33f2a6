"""Make the embedded model: `python training/train.py all`, or one stage at a time.

Every stage resumes where it stopped, and a finished stage returns at once.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from autoencoder import compare, polish_decoder, train_autoencoder
from config import CONFIG_FILE, Config, Curriculum, UNetConfig, load_config
from data.painter import Painter
from data.sprites import SpriteLibrary, prepare_sprites
from growth import put_core_into
from latents import LatentStore, plan_shards, write_shard
from pictures import crop_batches
from sample_grid import save_grid, stock_pipeline
from stock import AutoencoderKL, UNet2DConditionModel
from text_encoder import TextEncoder
from torch import Tensor
from unet import UNetTrainer, build_unet, core_of

TRAINING = Path(__file__).parent
SHIPPED_MODEL = TRAINING.parent / "models" / "easel-mini"
PIXELS_PER_LATENT = 8

log = logging.getLogger("train")


def run_sprites(config: Config, options: argparse.Namespace) -> None:
    """Prepare the art."""
    prepare_sprites(options.art, options.work / "sprites", config.data.concepts)


def run_autoencoder(config: Config, options: argparse.Namespace) -> None:
    """Encoder and decoder, to `work/autoencoder`."""
    folder: Path = options.work / "autoencoder"
    if (folder / "config.json").exists():
        return
    batches = _crops(config, options, seed=1)
    model = train_autoencoder(config.autoencoder, batches, folder, options.device)
    _finish_autoencoder(model, config, options, folder)


def run_polish(config: Config, options: argparse.Namespace) -> None:
    """The decoder alone, to `work/autoencoder-polished`. May run beside the `unet`
    stage.
    """
    folder: Path = options.work / "autoencoder-polished"
    if (folder / "config.json").exists():
        return
    model = AutoencoderKL.from_pretrained(options.work / "autoencoder")
    batches = _crops(config, options, seed=2)
    polish_decoder(model, config.autoencoder, batches, folder, options.device)
    _finish_autoencoder(model, config, options, folder)


def run_latents(config: Config, options: argparse.Namespace) -> None:
    """Scenes, encoded, to `work/latents`. May run beside the `unet` stage, which takes
    them up as they come.
    """
    model = AutoencoderKL.from_pretrained(options.work / "autoencoder").to(
        options.device
    )
    sprites = SpriteLibrary.from_folder(options.work / "sprites", config.data.concepts)
    painter = Painter(sprites, config.data.looseness)
    for shard in plan_shards(config.data):
        write_shard(shard, config.data, painter, model, options.work / "latents")


def run_core(config: Config, options: argparse.Namespace) -> None:
    """The denoiser without its first level, to `work/core`; sample grids to
    `work/grids`.
    """
    shape = core_of(config.unet)
    _train_denoiser("core", shape, config.unet.core, config, options)


def run_unet(config: Config, options: argparse.Namespace) -> None:
    """The whole denoiser around its core, to `work/unet`; with `--start`, finished
    weights that learn on.
    """

    def start_from_core(model: UNet2DConditionModel) -> None:
        core = UNet2DConditionModel.from_pretrained(options.work / "core")
        put_core_into(model, core.state_dict())

    def start_from_weights(model: UNet2DConditionModel) -> None:
        finished = UNet2DConditionModel.from_pretrained(options.start)
        model.load_state_dict(finished.state_dict())

    unet = config.unet
    curriculum, prepare = (
        (unet.further, start_from_weights)
        if options.start
        else (unet.whole, start_from_core)
    )
    _train_denoiser("unet", unet, curriculum, config, options, prepare)


def _train_denoiser(
    name: str,
    shape: UNetConfig,
    curriculum: Curriculum,
    config: Config,
    options: argparse.Namespace,
    prepare: Callable[[UNet2DConditionModel], None] = lambda model: None,
) -> None:
    folder: Path = options.work / name
    if (folder / "config.json").exists():
        return
    encoder = TextEncoder(options.text, options.device)
    pools = {pool for stage in curriculum.stages for pool in stage.pools}
    latents = options.work / "latents"
    store = LatentStore(config.data, pools, latents, encoder, options.device)
    (bucket, *_) = config.data.buckets_of(next(iter(curriculum.stages[-1].pools)))
    side = bucket.height // PIXELS_PER_LATENT
    channels = config.autoencoder.latent_channels
    model = build_unet(shape, channels, side)
    prepare(model)
    empty = encoder.encode([""])
    checkpoint = folder / "checkpoint.pt"
    trainer = UNetTrainer(
        model, shape, curriculum, store, empty, checkpoint, options.device
    )

    def paint_grid(trainer: UNetTrainer) -> None:
        averaged = build_unet(shape, channels, side)
        trainer.average.copy_to(averaged.to(options.device))
        pipeline = stock_pipeline(averaged.eval(), best_autoencoder(options), encoder)
        target = options.work / "grids" / f"{name}-{trainer.samples:08d}.png"
        save_grid(pipeline, target, (bucket.width, bucket.height))

    trainer.run(paint_grid, options.grid_minutes)
    model.save_pretrained(folder)


def best_autoencoder(options: argparse.Namespace) -> AutoencoderKL:
    """The polished one if it is there; both read the same latents."""
    polished = options.work / "autoencoder-polished"
    folder = (
        polished
        if (polished / "config.json").exists()
        else options.work / "autoencoder"
    )
    model: AutoencoderKL = AutoencoderKL.from_pretrained(folder)
    model.to(options.device).eval()
    return model


def _crops(config: Config, options: argparse.Namespace, seed: int) -> Iterator[Tensor]:
    ae = config.autoencoder
    return crop_batches(
        options.work, config.data, ae.crop, ae.batch_size, seed, options.workers
    )


def _finish_autoencoder(
    model: AutoencoderKL, config: Config, options: argparse.Namespace, folder: Path
) -> None:
    model.save_pretrained(folder)
    unseen = crop_batches(
        options.work, config.data, config.autoencoder.crop, 12, 1000, 1
    )
    psnr = compare(
        model,
        next(unseen).to(options.device),
        options.work / "grids" / f"{folder.name}.png",
    )
    log.info("%s: %.2f dB on unseen scenes", folder.name, psnr)


STAGES: dict[str, Callable[[Config, argparse.Namespace], None]] = {
    "sprites": run_sprites,
    "autoencoder": run_autoencoder,
    "polish": run_polish,
    "latents": run_latents,
    "core": run_core,
    "unet": run_unet,
}


def main() -> None:
    """Parse the command line and run the stages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["all", *STAGES])
    parser.add_argument("--config", type=Path, default=CONFIG_FILE)
    parser.add_argument(
        "--work", type=Path, default=TRAINING / "work", help="large files go here"
    )
    parser.add_argument("--art", type=Path, default=TRAINING / "node_modules")
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument(
        "--threads", type=int, default=0, help="CPU threads; 0 lets torch choose"
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="processes that paint scenes"
    )
    parser.add_argument(
        "--text", type=Path, default=SHIPPED_MODEL, help="tokenizer/ and text_encoder/"
    )
    parser.add_argument(
        "--start", type=Path, help="a denoiser that the stage `unet` trains further"
    )
    parser.add_argument(
        "--grid-minutes", type=float, default=8.0, help="between sample grids"
    )
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    config = load_config(options.config)
    for name, stage in STAGES.items():
        if options.stage in ("all", name):
            stage(config, options)


if __name__ == "__main__":
    main()
