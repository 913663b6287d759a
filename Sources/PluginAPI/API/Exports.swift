@_exported public import CPluginABI
@_exported public import Numerics
@_exported public import Weights
