@_exported public import CPluginABI
@_exported public import CalmNumerics
@_exported public import Weights
