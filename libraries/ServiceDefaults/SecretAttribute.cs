namespace ServiceDefaults;

/// <summary>An option whose value is shown to nobody, administrators included: they see whether it is set. The same options say SECRET in <c>.env.example</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
