using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ServiceDefaults;

public static class ValidatedOptions
{
    /// <summary>Binds a configuration section to a record of options; a value out of its bounds stops the start with its name.</summary>
    /// <returns>The bound options, for use while wiring; not validated yet.</returns>
    public static T AddValidated<T>(this WebApplicationBuilder builder, string section) where T : class, new()
    {
        builder.Services.AddOptions<T>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<T>>().Value);
        var options = new T();
        builder.Configuration.GetSection(section).Bind(options);
        return options;
    }
}
