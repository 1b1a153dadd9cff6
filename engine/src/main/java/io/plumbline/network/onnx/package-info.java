/// ONNX files read as networks: [io.plumbline.network.onnx.OnnxImport] is the way in.
package io.plumbline.network.onnx;
