//! Opens the window, with the renderer that serves this system best.
//!
//! Linux: OpenGL alone; on software rendering, which virtual machines and remote desktops have, it is about
//! four times as fast as wgpu, and wgpu would double the build. Windows: wgpu first, because a remote desktop
//! there offers Direct3D in software but only OpenGL 1.1, with OpenGL behind it. macOS: wgpu, for Metal.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;

use eframe::egui::{IconData, ViewportBuilder};
use eframe::{NativeOptions, Renderer};

use super::app::{App, Setup};
use super::theme::measure::WINDOW_MIN;
use crate::error::panic_message;
use crate::error::{Error, Result};
use crate::monitor::SourceChoice;

#[cfg(target_os = "linux")]
const RENDERERS: &[Renderer] = &[Renderer::Glow];
#[cfg(windows)]
const RENDERERS: &[Renderer] = &[Renderer::Wgpu, Renderer::Glow];
#[cfg(target_os = "macos")]
const RENDERERS: &[Renderer] = &[Renderer::Wgpu];

/// Opens the window and returns when it is closed.
///
/// Fails with [`Error::Window`] when there is no display, or no renderer starts.
pub fn open(source: SourceChoice) -> Result<()> {
    if is_without_display() {
        return Err(Error::Window { cause: "there is no display".to_owned() });
    }
    let source = Rc::new(Cell::new(Some(source)));
    let mut causes = Vec::new();
    for renderer in RENDERERS {
        let offered = Rc::clone(&source);
        let options = options(*renderer)?;
        let open = || {
            eframe::run_native(
                "Sockscope",
                options,
                Box::new(move |creation| {
                    let Some(source) = offered.take() else {
                        return Err("the window was opened once already".into());
                    };
                    let mut app =
                        App::new(&creation.egui_ctx, Setup::of_this_user(source, executable()))?;
                    if draws_in_software(creation) {
                        app.keep_calm();
                    }
                    Ok(Box::new(app))
                }),
            )
        };
        // Libraries of the desktop panic where they miss something, such as descriptors.
        match catch_unwind(AssertUnwindSafe(open)) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => causes.push(plain(&error.to_string())),
            Err(panic) => causes.push(plain(&panic_message(&*panic))),
        }
        let Some(unused) = source.take() else {
            // This renderer came as far as the window itself: another one would not know what to show.
            break;
        };
        source.set(Some(unused));
    }
    Err(Error::Window { cause: causes.join("; ") })
}

/// Whether OpenGL is done by the processor: Mesa's llvmpipe and softpipe, Google's `SwiftShader`. Others are not asked.
#[cfg(not(target_os = "macos"))]
fn draws_in_software(creation: &eframe::CreationContext<'_>) -> bool {
    use eframe::glow::{HasContext as _, RENDERER};
    let Some(gl) = &creation.gl else { return false };
    #[expect(unsafe_code, reason = "glow marks every call of OpenGL so; this one reads a name")]
    // SAFETY: eframe has made this context current on this thread while it creates the application.
    let renderer = unsafe { gl.get_parameter_string(RENDERER) }.to_lowercase();
    ["llvmpipe", "softpipe", "swiftshader", "software"].iter().any(|name| renderer.contains(name))
}

/// Metal is done by the graphics processor.
#[cfg(target_os = "macos")]
const fn draws_in_software(_creation: &eframe::CreationContext<'_>) -> bool {
    false
}

/// This program's own file. Without it, the scenarios that need it say so.
fn executable() -> Option<PathBuf> {
    let found = std::env::current_exe();
    found.inspect_err(|error| tracing::warn!("this program's own file: {error}")).ok()
}

/// X11 and Wayland both say in the environment where they are.
#[cfg(target_os = "linux")]
fn is_without_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .into_iter()
        .all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()))
}

/// Windows and macOS say so only when a window is opened.
#[cfg(not(target_os = "linux"))]
const fn is_without_display() -> bool {
    false
}

/// The error without the place in a library's source that winit puts into it.
fn plain(error: &str) -> String {
    match error.split_once("os error at ") {
        Some((before, after)) => {
            let cause = after.split_once(": ").map_or(after, |(_, cause)| cause);
            format!("{before}{cause}")
        }
        None => error.to_owned(),
    }
}

fn options(renderer: Renderer) -> Result<NativeOptions> {
    Ok(NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("Sockscope")
            .with_app_id("io.github.sockscope.Sockscope")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size(WINDOW_MIN)
            .with_icon(icon()?),
        renderer,
        ..NativeOptions::default()
    })
}

fn icon() -> Result<IconData> {
    let png = include_bytes!("../../assets/icon/icon-256.png");
    eframe::icon_data::from_png_bytes(png)
        .map_err(|error| Error::Window { cause: error.to_string() })
}
