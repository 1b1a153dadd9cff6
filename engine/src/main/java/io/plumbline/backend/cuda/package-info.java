/// The backend `cuda`: our kernels (module `kernels`), launched through JCuda's driver API on buffers in device memory.
package io.plumbline.backend.cuda;
