using Microsoft.IO;

namespace OpenHumansEtl.Tables;

/// <summary>Memory that batches fill and give back: arrays that grow with every file are what memory would go to.</summary>
static class Buffers
{
    static readonly RecyclableMemoryStreamManager Blocks = new(new RecyclableMemoryStreamManager.Options { MaximumSmallPoolFreeBytes = 64 * 1024 * 1024 });

    public static RecyclableMemoryStream New() => Blocks.GetStream();
}
