/// Networks: the graph of layers, the layout of θ, the built-in architectures and their initialisation, ONNX import.
package io.plumbline.network;
