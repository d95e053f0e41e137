using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ServiceDefaults;

/// <summary>ASP.NET Data Protection keys in a table (name, xml), sealed with the deployment key: all replicas share them, a dump alone forges no cookie.</summary>
public sealed class PostgresKeyRing(NpgsqlDataSource db, string table) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = db.OpenConnection();
        return [.. connection.Query<string>($"select xml from {table} order by name").Select(XElement.Parse)];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = db.OpenConnection();
        connection.Execute($"insert into {table} (name, xml) values (@friendlyName, @xml) on conflict (name) do update set xml = excluded.xml",
            new { friendlyName, xml = element.ToString(SaveOptions.DisableFormatting) });
    }
}

public static class KeyRings
{
    public static WebApplicationBuilder AddKeyRing(this WebApplicationBuilder builder, string table)
    {
        builder.Services.AddDataProtection().SetApplicationName(table);
        builder.Services.AddOptions<KeyManagementOptions>().Configure<NpgsqlDataSource, SecretBox>((options, db, secrets) =>
        {
            options.XmlRepository = new PostgresKeyRing(db, table);
            options.XmlEncryptor = new SealedXml(secrets);
        });
        return builder;
    }
}

/// <summary>Seals a key ring's XML. The framework makes the decrypting instance itself, from the service provider.</summary>
public sealed class SealedXml : IXmlEncryptor, IXmlDecryptor
{
    public const string Context = "data protection key";

    readonly SecretBox _secrets;

    public SealedXml(SecretBox secrets) => _secrets = secrets;

    public SealedXml(IServiceProvider services) => _secrets = services.GetRequiredService<SecretBox>();

    public EncryptedXmlInfo Encrypt(XElement plaintextElement) =>
        new(new XElement("sealed", Convert.ToBase64String(_secrets.Seal(plaintextElement.ToString(SaveOptions.DisableFormatting), [], Context))), typeof(SealedXml));

    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(_secrets.Open(Convert.FromBase64String(encryptedElement.Value), [], Context));
}
